/** Judges an answer by RFC 3264 alone, with a reader of its own: nothing here uses the code under test. */

interface Section {
  readonly media: string;
  readonly port: number;
  readonly protocol: string;
  readonly formats: readonly string[];
  readonly attributes: readonly string[];
}

const reversed: Readonly<Record<string, string>> = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
};

const staticNames: Readonly<Record<string, string>> = {
  '0': 'pcmu/8000',
  '8': 'pcma/8000',
  '9': 'g722/8000',
  '13': 'cn/8000',
};

/** Everything that is wrong with `answer` as an answer to `offer`; empty when it is right. */
export function faultsOf(offer: string, answer: string): string[] {
  const faults: string[] = [];
  const asked = sectionsOf(offer);
  const given = sectionsOf(answer);
  if (!/^v=0\r\no=\S+ \d+ \d+ IN IP[46] \S+\r\ns=.+\r\n(c=.*\r\n)?t=\d+ \d+\r\n/.test(answer)) faults.push('head');
  if (answer.split('\r\n').some((line, index, all) => !/^[a-z]=./.test(line) && index < all.length - 1))
    faults.push('line');
  if (asked.length !== given.length) return [...faults, 'count of m-lines'];
  given.forEach((section, index) => faults.push(...sectionFaults(asked[index] ?? section, section, offer)));
  if (given.filter((section) => section.port > 0).length > 1) faults.push('more than one stream taken');
  return faults;
}

function sectionFaults(asked: Section, given: Section, offer: string): string[] {
  const faults: string[] = [];
  if (asked.media !== given.media || asked.protocol !== given.protocol) faults.push('media or protocol changed');
  if (given.formats.length === 0) faults.push('no format');
  if (given.port === 0) return faults;
  if (asked.port === 0) faults.push('a stream that was off is on');
  if (asked.media !== 'audio') faults.push('took something else than audio');
  for (const format of given.formats) {
    if (!asked.formats.includes(format)) faults.push(`format ${format} was not offered`);
    const meant = mappingOf(asked, format);
    // G.722's clock rate is 8000 whatever the peer wrote (RFC 3551 §4.5.2).
    if (mappingOf(given, format) !== meant?.replace('g722/16000', 'g722/8000')) {
      faults.push(`format ${format} means something else`);
    }
  }
  const direction = directionOf(given, '');
  const limit = reversed[directionOf(asked, offer)] ?? '';
  if (sendsIn(direction) && !sendsIn(limit)) faults.push('sends to one who does not receive');
  if (receivesIn(direction) && !receivesIn(limit)) faults.push('receives from one who does not send');
  if (given.attributes.includes('rtcp-mux') && !asked.attributes.includes('rtcp-mux')) faults.push('mux not offered');
  return faults;
}

function sectionsOf(sdp: string): Section[] {
  const sections: (Section & { attributes: string[] })[] = [];
  for (const line of sdp.split(/\r\n|\r|\n/).map((text) => text.trimEnd())) {
    if (line.startsWith('m=')) {
      const [media = '', port = '', protocol = '', ...formats] = line.slice(2).trim().split(/ +/);
      sections.push({ media, port: parseInt(port, 10), protocol, formats, attributes: [] });
    } else if (line.startsWith('a=')) {
      sections.at(-1)?.attributes.push(line.slice(2));
    }
  }
  return sections;
}

/** `name/rate` in lower case by the first well-formed mapping, else by the static table; channels do not matter here. */
function mappingOf(section: Section, format: string): string | undefined {
  for (const attribute of section.attributes) {
    const mapping = /^rtpmap:(\d{1,3}) ([\w.-]{1,64}\/\d{1,6})(?:\/\d{1,2})?$/.exec(attribute);
    if (mapping?.[1] === format) return mapping[2]?.toLowerCase();
  }
  return staticNames[format];
}

function directionOf(section: Section, sdp: string): string {
  const own = section.attributes.filter((text) => text in reversed).at(-1);
  if (own !== undefined) return own;
  const session = (sdp.split(/^m=/m)[0] ?? '')
    .split(/\r\n|\r|\n/)
    .filter((line) => line.startsWith('a='))
    .map((line) => line.trimEnd().slice(2));
  return session.filter((text) => text in reversed).at(-1) ?? 'sendrecv';
}

function sendsIn(direction: string): boolean {
  return direction === 'sendrecv' || direction === 'sendonly';
}

function receivesIn(direction: string): boolean {
  return direction === 'sendrecv' || direction === 'recvonly';
}
