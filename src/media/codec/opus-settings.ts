import type { PayloadFormat } from '../protocol.js';

/** What the server wants of every Opus encoder, whatever the peer. */
export interface OpusPreferences {
  /** Bits per second that are used unless the peer takes less, 6000…128 000. */
  readonly bitrateBps: number;
  /** 0…10: effort of the encoder. */
  readonly complexity: number;
  /** Send nothing during silence even to peers that do not ask for it. */
  readonly dtx: boolean;
  /** In-band FEC to peers that can use it: while they report loss, always as if a tenth were lost, or never. */
  readonly fec: 'auto' | 'on' | 'off';
}

/** The defaults, chosen by measurement: docs/adr/0003-opus.md. */
export const opusDefaults: OpusPreferences = { bitrateBps: 32_000, complexity: 5, dtx: false, fec: 'auto' };

/** How one encoder is set up. */
export interface OpusSettings {
  readonly bitrateBps: number;
  readonly complexity: number;
  /** One of `OPUS_BANDWIDTH_*`, 1101 (4 kHz) … 1105 (20 kHz). */
  readonly maxBandwidth: number;
  /** The peer can use in-band FEC; it is sent while packets get lost. */
  readonly fec: boolean;
  /** Loss to be reckoned with whatever the peer reports, 0…1. */
  readonly leastLoss: number;
  readonly dtx: boolean;
  readonly constantBitrate: boolean;
  /** Frames per tick: one of 20 ms, or two of 10 ms for packets of 10, 30, 50 … ms. */
  readonly framesPerTick: 1 | 2;
}

/** The lowest and highest rates of RFC 7587 §6.1. */
const leastBitrateBps = 6000;
const greatestBitrateBps = 510_000;
/** Highest sampling rate a bandwidth is of use for, Hz (RFC 7587 §6.1 `maxplaybackrate`), and its number in libopus. */
const bandwidths = [
  [8000, 1101],
  [12_000, 1102],
  [16_000, 1103],
  [24_000, 1104],
] as const;
const fullBandwidth = 1105;
/** What `fec: 'on'` reckons with. */
const LOSS_WITHOUT_REPORT = 0.1;
/** The parameters that make a difference to what is sent. */
const parametersThatMatter = ['maxaveragebitrate', 'maxplaybackrate', 'useinbandfec', 'usedtx', 'cbr'];
/** Ours alone: no peer's parameter is called so, and one that is, is overwritten. */
const framesParameter = 'framespertick';

/**
 * The settings by the peer's `a=fmtp` (RFC 7587 §6.1) and our preferences. `stereo` asks for nothing: it is what the peer
 * prefers, and the mix is mono. What cannot be understood counts as absent.
 */
export function opusSettings({ parameters }: PayloadFormat, preferences: OpusPreferences): OpusSettings {
  const accepted = wholeNumber(parameters.maxaveragebitrate) ?? greatestBitrateBps;
  const playbackRateHz = wholeNumber(parameters.maxplaybackrate) ?? 48_000;
  return {
    bitrateBps: Math.min(preferences.bitrateBps, Math.max(leastBitrateBps, accepted)),
    complexity: preferences.complexity,
    maxBandwidth: bandwidths.find(([rateHz]) => playbackRateHz <= rateHz)?.[1] ?? fullBandwidth,
    fec: preferences.fec !== 'off' && parameters.useinbandfec === '1',
    leastLoss: preferences.fec === 'on' ? LOSS_WITHOUT_REPORT : 0,
    dtx: preferences.dtx || parameters.usedtx === '1',
    constantBitrate: parameters.cbr === '1',
    framesPerTick: parameters[framesParameter] === '2' ? 2 : 1,
  };
}

/**
 * The format to ask an encoder for when packets of `ptimeMs` are to be made of it: with frames that fill such packets.
 * Legs of other ptimes share an encoding when their frames are alike, and so do legs whose parameters differ only in what
 * makes no difference to us (`sprop-stereo`, `minptime` …).
 */
export function opusFormatFor(format: PayloadFormat, ptimeMs: number): PayloadFormat {
  const framesPerTick = ptimeMs % 20 === 0 ? '1' : '2';
  const known = parametersThatMatter.flatMap((name) => {
    const value = format.parameters[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...format, channels: 2, parameters: { ...Object.fromEntries(known), [framesParameter]: framesPerTick } };
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
