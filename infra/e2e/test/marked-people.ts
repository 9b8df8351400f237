import { Disclosure } from '@heed/e2e';
import { randomBytes } from 'node:crypto';

/** In every word that is searched for, so that the large things need one search. */
export const MARK = `zq${randomBytes(5).toString('hex')}`;

/** Somebody with every identifier that Heed takes, and words that name them. */
export interface Somebody {
  readonly email: string;
  readonly phone: string;
  readonly userId: string;
  readonly cookie: string;
  readonly name: string;
  readonly words: string;
}

/** People whose every word can be told from all others', and searched for. */
export class MarkedPeople {
  private readonly all: Somebody[] = [];
  private readonly erased = new Set<Somebody>();

  meet(): Somebody {
    const n = this.all.length;
    const own = `${MARK}${n}`;
    const digits = String(10_000_000 + Math.floor(Math.random() * 89_999_999));
    const person = {
      email: `Ada.${own}@example.org`,
      phone: `+9198${digits}`,
      userId: `user-${own}`,
      cookie: `cookie-${own}`,
      name: `Lovelace-${own}`,
      words: `words of ${own}`,
    };
    this.all.push(person);
    return person;
  }

  /** They are to be forgotten before the day is over. */
  willBeErased(...people: readonly Somebody[]): void {
    for (const one of people) this.erased.add(one);
  }

  /** All words of all people. */
  everyWord(): Disclosure {
    return new Disclosure(this.all.flatMap((one) => [one.email, one.phone, one.userId, one.cookie, one.name, one.words]));
  }

  /** What all of their words have in common: for what is large. */
  mark(): Disclosure {
    return new Disclosure([MARK, ...this.all.map((one) => one.phone)]);
  }

  wordsOfErased(): Disclosure {
    return new Disclosure([...this.erased].flatMap((one) => [one.email, one.phone, one.userId, one.name, one.words]));
  }
}
