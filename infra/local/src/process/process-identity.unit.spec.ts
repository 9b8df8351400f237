import { describe, expect, it } from 'vitest';
import { identify, isAlive, parseProcStat } from './process-identity.js';

describe('the identity of a process', () => {
  it('reads state and start time past a command name with spaces and brackets', () => {
    const stat = `42 (my (odd) name) S ${Array.from({ length: 18 }, (_, index) => index).join(' ')} 987654 0 0`;
    expect(parseProcStat(stat)).toEqual({ state: 'S', startTicks: '987654' });
  });

  it('does not take a recycled pid for the process that was recorded', () => {
    const me = identify(process.pid);
    expect(me !== undefined && isAlive(me)).toBe(true);
    expect(isAlive({ pid: process.pid, startTime: 'of another process' })).toBe(false);
  });
});
