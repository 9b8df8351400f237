import { describe, expect, it } from 'vitest';
import { MemoryLedger } from '../../test/memory-ledger.js';
import { EMPTY_ROOT } from '../tree/hash.js';
import { openCheckpoint, readCheckpoint } from './checkpoint.js';
import { parseVkey, vkeyOf } from './vkey.js';

const ledger = new MemoryLedger();
const note = ledger.sign(7, EMPTY_ROOT);
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

describe('a key', () => {
  it.each([
    ['PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'],
    ['sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8'],
  ])('is read and written as others write it: %s', (line) => {
    const { name, publicKey } = parseVkey(line);
    expect(vkeyOf(name, publicKey)).toBe(line);
  });

  it('is refused when its id belongs to another name or key, or it is of another type', () => {
    for (const line of [
      'PeterNeuman+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
      'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TX',
      'PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
      'PeterNeumann',
      '',
    ]) {
      expect(() => parseVkey(line)).toThrow(code('vkey_malformed'));
    }
  });
});

describe('a checkpoint', () => {
  it('is a signed note of origin, size and root', () => {
    const [origin, size, root, empty, signature] = note.split('\n');
    expect([origin, size, root, empty]).toEqual(['heed/consent/ajuni', '7', '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=', '']);
    expect(signature).toMatch(/^— heed\/consent\/ajuni [A-Za-z0-9+/=]+$/);
    expect(openCheckpoint(note, ledger.vkey)).toEqual({ origin: 'heed/consent/ajuni', size: 7, root: EMPTY_ROOT });
  });

  it('may carry signatures of others, in any order, and extension lines', () => {
    const witness = new MemoryLedger(undefined, 'witness.example/w1');
    const line = `${witness.sign(7, EMPTY_ROOT).trimEnd().split('\n').at(-1) ?? ''}\n`;
    const own = `${note.trimEnd().split('\n').at(-1) ?? ''}\n`;
    const [text] = note.split('\n\n');
    for (const signatures of [line + own, own + line]) expect(openCheckpoint(`${text ?? ''}\n\n${signatures}`, ledger.vkey).size).toBe(7);
    expect(() => openCheckpoint(`${text ?? ''}\n\n${line}`, ledger.vkey)).toThrow(code('checkpoint_unsigned'));
    expect(readCheckpoint(`${text ?? ''}\nmore\n\n${own}`).checkpoint.size).toBe(7);
    expect(() => openCheckpoint(`${text ?? ''}\nmore\n\n${own}`, ledger.vkey)).toThrow(code('checkpoint_signature_wrong'));
  });

  it('is refused when it was changed, is of another ledger, or is none', () => {
    expect(() => openCheckpoint(note.replace('\n7\n', '\n8\n'), ledger.vkey)).toThrow(code('checkpoint_signature_wrong'));
    expect(() => openCheckpoint(note, new MemoryLedger().vkey)).toThrow(code('checkpoint_unsigned'));
    const foreign = ledger.sign(7, EMPTY_ROOT, 'heed/consent/ajuni').replace('heed/consent/ajuni\n', 'heed/consent/askasia\n');
    expect(() => openCheckpoint(foreign, ledger.vkey)).toThrow(code('checkpoint_signature_wrong'));
    for (const text of ['', note.trimEnd(), note.replace('\n7\n', '\n07\n'), note.replace('\n7\n', '\n-1\n'), note.replace('47DE', '47D'), note.replace('— ', '- ')]) {
      expect(() => openCheckpoint(text, ledger.vkey)).toThrow(code('checkpoint_malformed'));
    }
  });
});
