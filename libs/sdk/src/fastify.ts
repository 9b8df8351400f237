/** `@heed/sdk/fastify` */
export * from './middleware/fastify.js';
export type { Answering, ConsentProblem, GateOptions } from './middleware/gate.js';
