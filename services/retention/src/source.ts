/** CloudEvents source of everything this service says. */
export const SOURCE = '/heed/retention';
