/** The part of mailparser that the mail sink uses; the package ships no types. */
declare module 'mailparser' {
  export interface ParsedMail {
    subject?: string;
    from?: { text: string };
    date?: Date;
    text?: string;
    html?: string | false;
    headers: Map<string, unknown>;
    headerLines: readonly { key: string; line: string }[];
  }

  export function simpleParser(source: Buffer): Promise<ParsedMail>;
}
