/** Ends what does nothing for so long. */
export class IdleWatch {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly idleMs: number,
    private readonly end: () => void,
  ) {
    this.touch();
  }

  /** Something came or went: counted anew from now. */
  touch(): void {
    this.hold();
    this.timer = setTimeout(this.end, this.idleMs).unref();
  }

  /** What is waited for is the service's own work; until the next touch no time is counted. */
  hold(): void {
    clearTimeout(this.timer);
  }
}
