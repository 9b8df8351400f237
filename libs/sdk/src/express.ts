/** `@heed/sdk/express` */
export * from './middleware/express.js';
export type { Answering, ConsentProblem, GateOptions } from './middleware/gate.js';
