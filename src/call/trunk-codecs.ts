import type { EncodingName } from '../media/protocol.js';
import type { Trunk } from '../sip/trunk.js';

const known: readonly EncodingName[] = ['PCMU', 'PCMA', 'G722', 'opus', 'L16'];

/** A trunk's codecs by their proper names, compared without regard to case; undefined = it has no preference of its own. */
export function trunkCodecs(trunk: Trunk): readonly EncodingName[] | undefined {
  if (trunk.codecs === undefined) return undefined;
  return trunk.codecs.flatMap((name) => known.filter((encoding) => encoding.toLowerCase() === name.toLowerCase()));
}
