import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { uuidv7 } from '@heed/kernel';
import { simpleParser } from 'mailparser';
import { z } from 'zod';
import { writeJson } from '../system/write-json.js';

const storedMail = z.object({
  id: z.string(),
  /** Counts up: ids of one millisecond have no order. */
  number: z.number(),
  receivedAt: z.string(),
  /** The envelope's, which decides who gets it; headers may say something else. */
  from: z.string(),
  to: z.array(z.string()),
  subject: z.string(),
  text: z.string(),
  html: z.string().nullable(),
  headers: z.record(z.string(), z.string()),
});
export type StoredMail = z.infer<typeof storedMail>;

export interface Envelope {
  readonly from: string;
  readonly to: readonly string[];
}

/** Mail as files: the raw message beside a readable summary, so that a restart has all of it again. */
export class MailStore {
  readonly #mails = new Map<string, StoredMail>();
  #last = 0;

  constructor(private readonly dir: string) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const files = readdirSync(dir).filter((name) => name.endsWith('.json'));
    const found = files.flatMap((file) => storedMail.safeParse(JSON.parse(readFileSync(join(dir, file), 'utf8'))).data ?? []);
    for (const mail of found.sort((one, other) => one.number - other.number)) this.#mails.set(mail.id, mail);
    this.#last = found.at(-1)?.number ?? 0;
  }

  async add(raw: Buffer, envelope: Envelope, now: Date): Promise<StoredMail> {
    const parsed = await simpleParser(raw);
    const mail: StoredMail = {
      id: uuidv7(now),
      number: (this.#last += 1),
      receivedAt: now.toISOString(),
      from: envelope.from,
      to: envelope.to.map((address) => address.toLowerCase()),
      subject: parsed.subject ?? '',
      text: parsed.text ?? '',
      html: typeof parsed.html === 'string' ? parsed.html : null,
      headers: Object.fromEntries(parsed.headerLines.map(({ key, line }) => [key, headerValue(line)])),
    };
    writeFileSync(join(this.dir, `${mail.id}.eml`), raw, { mode: 0o600 });
    writeJson(join(this.dir, `${mail.id}.json`), mail);
    this.#mails.set(mail.id, mail);
    return mail;
  }

  /** Newest first. */
  list(filter: { to?: string | undefined; limit: number }): StoredMail[] {
    const to = filter.to?.toLowerCase();
    const mails = [...this.#mails.values()].filter((mail) => to === undefined || mail.to.includes(to));
    return mails.reverse().slice(0, filter.limit);
  }

  get(id: string): StoredMail | undefined {
    return this.#mails.get(id);
  }

  raw(id: string): Buffer | undefined {
    return this.#mails.has(id) ? readFileSync(join(this.dir, `${id}.eml`)) : undefined;
  }

  clear(): void {
    for (const id of this.#mails.keys()) for (const end of ['json', 'eml']) rmSync(join(this.dir, `${id}.${end}`), { force: true });
    this.#mails.clear();
  }
}

function headerValue(line: string): string {
  return line.slice(line.indexOf(':') + 1).replace(/\r?\n\s+/g, ' ').trim();
}
