/** A configuration that cannot work; `message` is the one line an operator reads. */
export class ConfigError extends Error {}
