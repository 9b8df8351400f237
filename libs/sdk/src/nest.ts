/** `@heed/sdk/nest` */
export * from './middleware/nest.js';
export type { Answering, ConsentProblem, GateOptions } from './middleware/gate.js';
