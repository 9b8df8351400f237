/** The part of mailparser that is used here; the package ships no types. */
declare module 'mailparser' {
  export interface ParsedMail {
    subject?: string;
    messageId?: string;
    from?: { value: readonly { address?: string; name: string }[] };
    text?: string;
    headerLines: readonly { key: string; line: string }[];
  }

  export function simpleParser(source: Buffer): Promise<ParsedMail>;
}
