/**
 * A named place to die at, for crash tests: SIGKILL between two lines, never after a sleep. Inert unless armed by
 * `armFailpoint`, which only a service's configuration does and which production refuses.
 */
let armed: { name: string; remaining: number } | undefined;

/** @param spec `name`, or `name:n` to die at the n-th pass. */
export function armFailpoint(spec: string | undefined, environment: string | undefined): void {
  if (!spec) return;
  if (environment === 'production') throw new Error('HEED_FAILPOINT is refused in production; unset it.');
  const [name = '', count = '1'] = spec.split(':');
  armed = { name, remaining: Math.max(1, Number(count)) };
}

export function failpoint(name: string): void {
  if (armed?.name !== name) return;
  armed.remaining -= 1;
  if (armed.remaining === 0) process.kill(process.pid, 'SIGKILL');
}
