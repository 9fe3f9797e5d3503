/** A refusal before it is a response of one transaction. */

/** Status 300–699; the usual phrase unless `reason` is given; an array gives one header field per element. */
export interface Refusal {
  readonly status: number;
  readonly reason?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

/** A status that refuses: whatever an owner returns, a refusal is 300–699. */
export function refusalStatus(status: number): number {
  return Number.isInteger(status) && status >= 300 && status <= 699 ? status : 500;
}
