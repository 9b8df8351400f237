/** CloudEvents source of everything this service says. */
export const REGISTRY = '/heed/subprocessor-registry';
