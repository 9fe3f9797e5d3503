/** Writes SIPp scenarios: each method adds a step; what SIPp does not get as it expects makes it end with an error. */

/** Audio offered or answered. */
export interface Audio {
  /** As in the m-line: `0 101`. */
  readonly formats: string;
  readonly direction?: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
  /** Where audio is wanted; SIPp's own address unless given. `0.0.0.0` is the old way to hold (RFC 2543 §B.5). */
  readonly address?: string;
  /** SIPp's keyword for a port: of what sends files, or of what sends captures. */
  readonly port?: '[rtpstream_audio_port]' | '[auto_media_port]';
}

/** As long as a test may talk. */
const BYE_WITHIN_MS = 120_000;

/** Request-URI outside dialogs. */
const NEW_TARGET = 'sip:[service]@[remote_ip]:[remote_port]';

/** A scenario in the making. */
export class SippScript {
  readonly #steps: string[] = [];
  #cseq = 0;
  #lastInvite = 0;

  constructor(private readonly name: string) {}

  /** INVITE, the first one or one within the dialog; without audio the other side has to offer (RFC 3261 §13.2.1). */
  invite(audio?: Audio): this {
    const isFirst = this.#cseq === 0;
    this.#cseq++;
    this.#lastInvite = this.#steps.length;
    const target = isFirst ? NEW_TARGET : '[next_url]';
    return this.#request('INVITE', target, isFirst ? '' : '[peer_tag_param]', '[branch]', audio);
  }

  /** ACK of a 2xx, a request of its own; with audio when the 2xx was the offer. */
  ack(audio?: Audio): this {
    return this.#request('ACK', '[next_url]', '[peer_tag_param]', '[branch]', audio);
  }

  /** ACK of a refusal: part of the INVITE's transaction, hence its branch (RFC 3261 §17.1.1.3). */
  ackRefusal(): this {
    return this.#request('ACK', NEW_TARGET, '[peer_tag_param]', this.#branchOfInvite());
  }

  /**
   * INVITE and, as soon as it is being worked on, CANCEL. When the answer was faster, the two have crossed, and the call has
   * to be ended as any other (RFC 3261 §15). The last step of a scenario.
   *
   *     CANCEL ─┬─ 200 (CANCEL), 487 ── ACK ──────────────────────── end
   *             └─ 200 (INVITE) ── ACK, 200 (CANCEL), BYE, 200 ───── end
   */
  inviteAndCancel(audio: Audio): this {
    const crossing = search('CSeq: 1 INVITE', 'crossed');
    this.invite(audio).expect(100);
    this.#request('CANCEL', NEW_TARGET, '', this.#branchOfInvite());
    this.#add(`<recv response="200" rrs="true" next="1" test="crossed"><action>${crossing}</action></recv>`);
    this.#add('<recv response="487"/>');
    this.#request('ACK', NEW_TARGET, '[peer_tag_param]', this.#branchOfInvite(), undefined, 'next="2"');
    this.#add('<label id="1"/>').ack();
    return this.expect(200, 'CSeq: 1 CANCEL').bye().expect(200).#add('<label id="2"/>');
  }

  /**
   * INVITE with its CANCEL in the same write: over TCP they reach the server in one piece, and no answer can be faster. Before
   * that a CANCEL of nothing, refused, because SIPp takes responses only to methods that something it sent has begun with.
   */
  inviteWithCancelBehind(): this {
    this.#request('CANCEL', NEW_TARGET, '', '[branch]').expect(481);
    this.#cseq++;
    this.#lastInvite = this.#steps.length;
    const invite = this.#lines('INVITE', NEW_TARGET, '', '[branch]');
    const cancel = this.#lines('CANCEL', NEW_TARGET, '', '[branch]');
    // SIPp cuts empty lines off the end of what it sends, so that a second message ends well only after a line of body.
    const body = ['Content-Type: text/plain', 'Content-Length: 3', '', 'x'];
    this.#send([...invite, '', ...cancel.slice(0, -1), ...body]).allow(100);
    this.expect(200, `CSeq: ${this.#cseq} CANCEL`).expect(487, `CSeq: ${this.#cseq} INVITE`);
    return this.ackRefusal();
  }

  bye(): this {
    this.#cseq++;
    return this.#request('BYE', '[next_url]', '[peer_tag_param]', '[branch]');
  }

  options(): this {
    this.#cseq++;
    return this.#request('OPTIONS', NEW_TARGET, '', '[branch]');
  }

  /** A response that has to come; every pattern (POSIX extended) has to be found in it. */
  expect(status: number, ...patterns: readonly string[]): this {
    const checks = patterns.map((pattern) => search(pattern, 'found', 'check_it="true"'));
    return this.#add(`<recv response="${status}" rrs="true"><action>${checks.join('')}</action></recv>`);
  }

  /** A response that may come before the next one. */
  allow(status: number): this {
    return this.#add(`<recv response="${status}" optional="true"/>`);
  }

  pause(ms: number): this {
    return this.#add(`<pause milliseconds="${ms}"/>`);
  }

  /** Plays a file of bare G.711 over and over from now on. */
  play(file: string, payloadType: number): this {
    return this.#add(`<nop><action><exec rtp_stream="${file},-1,${payloadType}"/></action></nop>`);
  }

  /** Sends the RTP of a capture. */
  playCapture(file: string): this {
    return this.#add(`<nop><action><exec play_pcap_audio="${file}"/></action></nop>`);
  }

  /** Waits for a BYE and confirms it. */
  awaitBye(): this {
    this.#add(`<recv request="BYE" timeout="${BYE_WITHIN_MS}"/>`);
    const headers = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].map((header) => `[last_${header}:]`);
    return this.#send(['SIP/2.0 200 OK', ...headers, 'Content-Length: 0']);
  }

  /** The whole as SIPp reads it. */
  toXml(): string {
    return [
      '<?xml version="1.0" encoding="UTF-8"?>',
      `<scenario name="${this.name}">`,
      ...this.#steps,
      // SIPp wants every variable used in two places.
      '<nop><action><assign assign_to="found" value="0"/><assign assign_to="crossed" value="0"/></action></nop>',
      '<Reference variables="found,crossed"/>',
      '</scenario>\n',
    ].join('\n');
  }

  #request(
    method: string,
    target: string,
    toTag: string,
    branch: string,
    audio?: Audio,
    attributes = method === 'ACK' ? '' : 'retrans="500"',
  ): this {
    return this.#send(this.#lines(method, target, toTag, branch, audio), attributes);
  }

  #lines(method: string, target: string, toTag: string, branch: string, audio?: Audio): string[] {
    const contact = `<sip:${this.name}@[local_ip]:[local_port];transport=[transport]>`;
    return [
      `${method} ${target} SIP/2.0`,
      `Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=${branch};rport`,
      `From: <sip:${this.name}@[local_ip]:[local_port]>;tag=[pid]SIPp[call_number]`,
      `To: <sip:[service]@[remote_ip]:[remote_port]>${toTag}`,
      'Call-ID: [call_id]',
      `CSeq: ${this.#cseq} ${method}`,
      `Contact: ${contact}`,
      'Max-Forwards: 70',
      ...(audio === undefined ? ['Content-Length: 0'] : ['Content-Type: application/sdp', 'Content-Length: [len]']),
      ...(audio === undefined ? [] : ['', ...sdpOf(audio, this.#cseq)]),
    ];
  }

  #send(lines: readonly string[], attributes = ''): this {
    const text = lines.map((line) => `      ${line}`.trimEnd()).join('\n');
    return this.#add(`<send ${attributes}><![CDATA[\n\n${text}\n\n]]></send>`);
  }

  #add(step: string): this {
    this.#steps.push(step);
    return this;
  }

  /** SIPp makes branches from the number of the step; this is the one so many steps before. */
  #branchOfInvite(): string {
    return `[branch-${this.#steps.length - this.#lastInvite}]`;
  }
}

function sdpOf(audio: Audio, version: number): string[] {
  const { formats, direction = 'sendrecv', address = '[media_ip]', port = '[auto_media_port]' } = audio;
  const events = formats.split(' ').includes('101') ? ['a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15'] : [];
  return [
    'v=0',
    `o=sipp 1 ${version} IN IP4 [local_ip]`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio ${port} RTP/AVP ${formats}`,
    ...events,
    'a=ptime:20',
    `a=${direction}`,
  ];
}

/** Looks for a pattern in the message that came. */
function search(pattern: string, variable: string, attributes = ''): string {
  return `<ereg regexp="${escaped(pattern)}" search_in="msg" assign_to="${variable}" ${attributes}/>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
