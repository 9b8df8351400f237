/** Small numbers for names that come again and again. */
export class Names {
  private readonly codes = new Map<string, number>();
  private readonly names: string[] = [];

  constructor(private readonly max: number) {}

  /** @returns the name's number, a new one where it has none */
  code(name: string): number {
    const known = this.codes.get(name);
    if (known !== undefined) return known;
    if (this.names.length >= this.max) throw new RangeError(`more than ${this.max} names`);
    const code = this.names.push(name) - 1;
    this.codes.set(name, code);
    return code;
  }

  /** -1 for a name that nothing was ever said of. */
  find(name: string): number {
    return this.codes.get(name) ?? -1;
  }

  name(code: number): string {
    return this.names[code] ?? '';
  }
}
