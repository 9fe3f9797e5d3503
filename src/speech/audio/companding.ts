/** G.711 as files hold it: one byte is one sample. */

/** µ-law codes as samples of ±1 (ITU-T G.711 table 2; bits inverted on the wire). */
export const muLawSamples = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 15) << 3) + 132) << ((bits >> 4) & 7)) - 132;
  return (bits & 0x80 ? 0 - magnitude : magnitude) / 32_768;
});

/** A-law codes as samples of ±1 (ITU-T G.711 table 1; every other bit inverted, sign 1 = positive). */
export const aLawSamples = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = code ^ 0x55;
  const segment = (bits >> 4) & 7;
  const step = ((bits & 15) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return (bits & 0x80 ? magnitude : -magnitude) / 32_768;
});
