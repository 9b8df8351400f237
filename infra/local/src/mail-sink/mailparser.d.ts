/** The part of mailparser that is used here; the package ships no types. */
declare module 'mailparser' {
  export interface AddressList {
    text: string;
    value: readonly { address?: string; name: string }[];
  }

  export interface ParsedMail {
    subject?: string;
    messageId?: string;
    from?: AddressList;
    replyTo?: AddressList;
    date?: Date;
    text?: string;
    html?: string | false;
    headers: Map<string, unknown>;
    headerLines: readonly { key: string; line: string }[];
  }

  export function simpleParser(source: Buffer): Promise<ParsedMail>;
}
