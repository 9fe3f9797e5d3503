/** prom-client instruments that read their value when they are asked for it. */
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';

/** A value, or one value per label value. */
export type Reading = number | ReadonlyMap<string, number>;

/** Describes an instrument; `label` names the label when readings are maps. */
export interface Instrument {
  readonly name: string;
  readonly help: string;
  readonly label?: string;
  readonly read: () => Reading;
}

/** Registers a gauge. */
export function gauge(registry: Registry, { name, help, label, read }: Instrument): void {
  new Gauge({
    name,
    help,
    labelNames: label === undefined ? [] : [label],
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of samples(read(), label)) this.set(labels, value);
    },
  });
}

/** Registers a counter over a total that is kept elsewhere. */
export function counter(registry: Registry, { name, help, label, read }: Instrument): void {
  new Counter({
    name,
    help,
    labelNames: label === undefined ? [] : [label],
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of samples(read(), label)) this.inc(labels, value);
    },
  });
}

function samples(reading: Reading, label = 'label'): (readonly [Record<string, string>, number])[] {
  if (typeof reading === 'number') return [[{}, reading]];
  return [...reading].map(([value, number]) => [{ [label]: value }, number] as const);
}
