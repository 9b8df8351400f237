import type { Resealable } from '@heed/key-store';

export const notes: Resealable;
