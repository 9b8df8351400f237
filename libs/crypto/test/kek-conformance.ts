import { randomBytes } from 'node:crypto';
import type { KekProvider, WrappedKey } from '@heed/crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** A provider under test: `open` may be called again, as another process would. */
export interface ProviderUnderTest {
  open(): KekProvider;
}

/** What every provider of key-encryption keys keeps to. */
export function kekConformance(name: string, make: () => Promise<ProviderUnderTest>): void {
  describe(`key-encryption keys in ${name}`, () => {
    let under: ProviderUnderTest;
    let kek: KekProvider;
    const key = randomBytes(32);
    beforeAll(async () => {
      under = await make();
      kek = under.open();
    });
    afterAll(() => kek.close());
    const refusal = (code: string): unknown => expect.objectContaining({ code });

    it('has none of a tenant before it is made, and makes the first once', async () => {
      expect(await kek.current('none')).toBeUndefined();
      await expect(kek.wrap('none', key, 'a')).rejects.toEqual(refusal('kek_missing'));
      await expect(kek.rotate('none')).rejects.toEqual(refusal('kek_missing'));
      expect(await kek.current('none')).toBeUndefined(); // neither made one on the way
      await kek.ensure('made');
      const wrapped = await kek.wrap('made', key, 'a');
      await kek.ensure('made');
      expect(await kek.current('made')).toBe(1);
      expect((await kek.unwrap('made', wrapped, 'a')).equals(key)).toBe(true);
    });

    it('unwraps in another process what one wrapped, never the same bytes twice, the key not in them', async () => {
      await kek.ensure('shared');
      const [one, two] = [await kek.wrap('shared', key, 'a'), await kek.wrap('shared', key, 'a')];
      expect(one.bytes.equals(two.bytes)).toBe(false);
      expect(one.bytes.includes(key)).toBe(false);
      const other = under.open();
      expect((await other.unwrap('shared', one, 'a')).equals(key)).toBe(true);
      await other.close();
      expect((await kek.unwrap('shared', two, 'a')).equals(key)).toBe(true);
    });

    it('refuses what was wrapped for another place or tenant, or was changed', async () => {
      await kek.ensure('one');
      await kek.ensure('two');
      const wrapped = await kek.wrap('one', key, 'ik|consent|one|1');
      const changed: WrappedKey = { ...wrapped, bytes: Buffer.from(wrapped.bytes) };
      const last = changed.bytes.length - 3;
      changed.bytes.writeUInt8(changed.bytes.readUInt8(last) === 65 ? 66 : 65, last);
      await expect(kek.unwrap('one', wrapped, 'ik|dsar|one|1')).rejects.toEqual(refusal('kek_refused'));
      await expect(kek.unwrap('two', wrapped, 'ik|consent|one|1')).rejects.toEqual(refusal('kek_refused'));
      await expect(kek.unwrap('one', changed, 'ik|consent|one|1')).rejects.toEqual(refusal('kek_refused'));
    });

    it('wraps under a new version after a rotation, and unwraps under the old one until that is retired', async () => {
      await kek.ensure('turning');
      const first = await kek.wrap('turning', key, 'a');
      expect(await kek.rotate('turning')).toBe(2);
      const second = await kek.wrap('turning', key, 'a');
      expect([first.version, second.version, await kek.current('turning')]).toEqual([1, 2, 2]);
      expect((await kek.unwrap('turning', first, 'a')).equals(key)).toBe(true);
      await expect(kek.retire('turning', 2)).rejects.toEqual(refusal('kek_in_use'));
      await kek.rotate('turning');
      await kek.retire('turning', 2);
      await expect(kek.unwrap('turning', first, 'a')).rejects.toEqual(refusal('kek_missing'));
      await expect(kek.unwrap('turning', second, 'a')).rejects.toEqual(refusal('kek_missing'));
      const third = await kek.wrap('turning', key, 'a');
      expect(third.version).toBe(3);
      expect((await kek.unwrap('turning', third, 'a')).equals(key)).toBe(true);
      await kek.retire('turning', 2); // again
    });

    it('destroys every version of one tenant and nothing of another', async () => {
      await kek.ensure('leaving');
      await kek.ensure('leaving-not');
      const [gone, kept] = [await kek.wrap('leaving', key, 'a'), await kek.wrap('leaving-not', key, 'a')];
      await kek.rotate('leaving');
      await kek.destroy('leaving');
      await kek.destroy('leaving');
      expect(await kek.current('leaving')).toBeUndefined();
      await expect(kek.unwrap('leaving', gone, 'a')).rejects.toEqual(refusal('kek_missing'));
      expect((await kek.unwrap('leaving-not', kept, 'a')).equals(key)).toBe(true);
      await kek.ensure('leaving'); // a new key of the old name opens nothing of before
      await expect(kek.unwrap('leaving', gone, 'a')).rejects.toThrow();
    });

    it('serves callers at once', async () => {
      await Promise.all(Array.from({ length: 4 }, () => kek.ensure('busy')));
      const wrapped = await Promise.all(Array.from({ length: 12 }, (_, n) => kek.wrap('busy', key, `place ${n}`)));
      const keys = await Promise.all(wrapped.map((one, n) => kek.unwrap('busy', one, `place ${n}`)));
      expect(keys.every((one) => one.equals(key))).toBe(true);
    });

    it('says what it is', async () => {
      const described = await kek.describe();
      expect(described.binding).not.toBe('');
      expect(described.maker).not.toBe('');
    });
  });
}
