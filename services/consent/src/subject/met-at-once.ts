import { isHeedError } from '@heed/kernel';
import { sqlState, UNIQUE_VIOLATION } from '@heed/persistence';

const MAX_TRIES = 5;

/** Two transactions met the same person: whichever came second looks them up again, and finds what the first made of them. */
export const isMetAtOnce = (error: unknown): boolean => sqlState(error) === UNIQUE_VIOLATION || (isHeedError(error) && error.code === 'person_met_at_once');

/**
 * Does the work again, from the start, where somebody else was just writing or merging the same people; each time in a
 * transaction of its own.
 * @throws whatever the last try does
 */
export async function metAgain<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries === MAX_TRIES || !isMetAtOnce(error)) throw error;
    }
  }
}
