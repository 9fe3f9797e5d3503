import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { HeaderFields } from '../../../src/sip/message/header-fields.js';
import type { SipRequest } from '../../../src/sip/message/message.js';
import { responseTo } from '../../../src/sip/message/response.js';
import { parsedRequest, requestBytes } from '../sip-message/message-text.js';
import { host, Server, TcpPeer, UdpPeer, until } from './network.js';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function server(...parameters: ConstructorParameters<typeof Server>): Promise<Server> {
  const started = await new Server(...parameters).start();
  closing.push(() => started.layer.close());
  return started;
}

async function udpPeer(): Promise<UdpPeer> {
  const peer = await new UdpPeer().open();
  closing.push(() => peer.close());
  return peer;
}

async function tcpPeer(port: number): Promise<TcpPeer> {
  const peer = await new TcpPeer(port).open();
  closing.push(() => peer.close());
  return peer;
}

/** Answers the n-th message a server heard. */
async function answer(to: Server, index = 0): Promise<void> {
  const heard = to.heard[index];
  if (heard?.message.kind !== 'request') throw new Error('no request heard');
  await to.layer.send(responseTo(heard.message, 200), heard.flow);
}

describe('Over UDP', () => {
  it('a request comes with its flow, and rport and received filled in; the answer goes back by them', async () => {
    const ours = await server();
    const peer = await udpPeer();
    peer.send(requestBytes({ Via: 'SIP/2.0/UDP 10.1.1.1:5999;rport;branch=z9hG4bK1' }), ours.port('udp'));
    await until(() => ours.heard.length === 1);
    expect(ours.heard[0]?.flow).toEqual({
      transport: 'udp',
      localAddress: host,
      localPort: ours.port('udp'),
      remoteAddress: host,
      remotePort: peer.port,
    });
    const via = `SIP/2.0/UDP 10.1.1.1:5999;rport=${peer.port};branch=z9hG4bK1;received=${host}`;
    expect(ours.heard[0]?.message.headers.getAll('Via')).toEqual([via]);
    await answer(ours);
    await until(() => peer.got.length === 1);
    expect(peer.got[0]).toContain(`SIP/2.0 200 OK\r\nVia: ${via}\r\n`);
  });

  it('without rport the answer goes to the port of the Via, at the address it came from', async () => {
    const ours = await server();
    const [sender, named] = [await udpPeer(), await udpPeer()];
    sender.send(requestBytes({ Via: `SIP/2.0/UDP unknown.invalid:${named.port};branch=z9hG4bK1` }), ours.port('udp'));
    await until(() => ours.heard.length === 1);
    await answer(ours);
    await until(() => named.got.length === 1);
    expect(sender.got).toEqual([]);
  });

  it('what a Via claims of itself aims no answer elsewhere', async () => {
    const ours = await server();
    const [sender, victim] = [await udpPeer(), await udpPeer()];
    const via = `SIP/2.0/UDP ${host};rport=${victim.port};received=127.0.0.9;maddr=127.0.0.9;branch=z9hG4bK1`;
    sender.send(requestBytes({ Via: via }), ours.port('udp'));
    await until(() => ours.heard.length === 1);
    await answer(ours);
    await until(() => sender.got.length === 1);
    expect(victim.got).toEqual([]);
  });

  it('keep-alives and junk are counted and heard by nobody; a malformed request is told with its answer', async () => {
    const ours = await server();
    const peer = await udpPeer();
    for (const bytes of ['\r\n\r\n', '\0\0\0\0', '\r\n']) peer.send(bytes, ours.port('udp'));
    peer.send('junk', ours.port('udp'));
    peer.send(requestBytes({ From: '' }), ours.port('udp'));
    await until(() => ours.malformed.length === 2);
    expect(ours.heard).toEqual([]);
    expect(ours.malformed.map(({ malformed }) => malformed.answer?.status)).toEqual([undefined, 400]);
    expect(ours.malformed[1]?.malformed.answer?.request.headers.get('Via')).toContain(`rport=${peer.port}`);
    expect(ours.layer.counters()).toMatchObject({ keepAlives: 3, messagesIn: 0, refused: { startLine: 1, from: 1 } });
  });

  it('a listener that throws costs one message', async () => {
    const thrown: unknown[] = [];
    const ours = await server({}, undefined, (error) => thrown.push(error));
    const peer = await udpPeer();
    let calls = 0;
    ours.layer.onMessage(() => {
      if (calls++ === 0) throw new Error('bug');
    });
    peer.send(requestBytes(), ours.port('udp'));
    peer.send(requestBytes(), ours.port('udp'));
    await until(() => calls === 2);
    expect(ours.layer.counters().refused).toEqual({ listener: 1 });
    expect(thrown).toEqual([new Error('bug')]);
  });

  it('sends from the socket that reaches the address, and names it', async () => {
    const ours = await server({}, [
      { transport: 'udp', host: '::1', port: 0 },
      { transport: 'udp', host, port: 0 },
    ]);
    const [six, four] = ours.layer.listenPoints;
    expect(ours.layer.listenPointFor({ transport: 'udp', address: '::1', port: 1 })).toEqual(six);
    expect(ours.layer.listenPointFor({ transport: 'udp', address: host, port: 1 })).toEqual(four);
    const peer = await udpPeer();
    const sources: number[] = [];
    peer.socket.on('message', (_, remote) => sources.push(remote.port));
    await ours.layer.send(parsedRequest(requestBytes()), { transport: 'udp', address: host, port: peer.port });
    await until(() => sources.length === 1);
    expect(sources).toEqual([four?.port]);
  });

  it('a dual-stack socket tells IPv4 peers by their IPv4 address and answers them', async () => {
    const ours = await server({}, [{ transport: 'udp', host: '::', port: 0 }]);
    const peer = await udpPeer();
    peer.send(requestBytes(), ours.port('udp'));
    await until(() => ours.heard.length === 1);
    expect(ours.heard[0]?.flow.remoteAddress).toBe(host);
    await answer(ours);
    await until(() => peer.got.length === 1);
  });
});

describe('Over TCP', () => {
  it('messages are cut out of the stream and answered on the same connection, whatever the Via says', async () => {
    const ours = await server();
    const peer = await tcpPeer(ours.port('tcp'));
    const bytes = requestBytes({ Via: 'SIP/2.0/TCP gone.invalid:9;branch=z9hG4bK1', l: '0' });
    peer.send(Buffer.concat([bytes, bytes.subarray(0, 30)]));
    await until(() => ours.heard.length === 1);
    peer.send(bytes.subarray(30));
    await until(() => ours.heard.length === 2);
    expect(ours.heard[1]?.flow).toMatchObject({ transport: 'tcp', remotePort: peer.port, localPort: ours.port('tcp') });
    expect(ours.layer.listenPointFor(ours.heard[1]?.flow ?? raise())).toMatchObject({ port: ours.port('tcp') });
    await answer(ours, 1);
    await until(() => peer.got.endsWith('\r\n\r\n'));
    expect(peer.got).toMatch(/^SIP\/2\.0 200 OK/);
    expect(peer.got).toContain(`received=${host}`);
  });

  it('a ping gets its pong', async () => {
    const ours = await server();
    const peer = await tcpPeer(ours.port('tcp'));
    peer.send('\r\n\r\n');
    await until(() => peer.got === '\r\n');
    expect(ours.layer.counters().keepAlives).toBe(1);
  });

  it('when the connection is gone, the answer goes to the port of the Via', async () => {
    const ours = await server();
    const listener = createServer();
    listener.listen(0, host);
    await once(listener, 'listening');
    closing.push(() => listener.close());
    const port = (listener.address() as AddressInfo).port;
    const got = once(listener, 'connection') as Promise<[TcpPeer['socket']]>;

    const peer = await tcpPeer(ours.port('tcp'));
    peer.send(requestBytes({ Via: `SIP/2.0/TCP x.invalid:${port};branch=z9hG4bK1`, l: '0' }));
    await until(() => ours.heard.length === 1);
    peer.close();
    await until(() => ours.layer.counters().connections === 0);
    await answer(ours);
    const [socket] = await got;
    closing.push(() => socket.destroy());
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    expect(bytes.toString()).toMatch(/^SIP\/2\.0 200 OK/);
  });

  it('a connection is used again, in both directions', async () => {
    const [ours, theirs] = [await server(), await server()];
    const target = { transport: 'tcp', address: host, port: theirs.port('tcp') } as const;
    const request = parsedRequest(requestBytes());
    await Promise.all([ours.layer.send(request, target), ours.layer.send(request, target)]);
    await until(() => theirs.heard.length === 2);
    expect(ours.layer.counters().connections).toBe(1);
    expect(theirs.layer.counters().connections).toBe(1);
    const flow = theirs.heard[0]?.flow ?? raise();
    await theirs.layer.send(request, { transport: 'tcp', address: flow.remoteAddress, port: flow.remotePort });
    await until(() => ours.heard.length === 1);
    expect(theirs.layer.counters().connections).toBe(1);
  });

  it('a stream that cannot be followed is told with its answer, then closed; what was sent before arrives', async () => {
    const ours = await server();
    ours.layer.onMalformed(({ answer: reply }, flow) => {
      if (reply) void ours.layer.send(responseTo(reply.request, reply.status, reply.reason), flow);
    });
    const peer = await tcpPeer(ours.port('tcp'));
    peer.send(requestBytes({ l: '-1' }));
    await until(() => peer.closed);
    expect(peer.got).toMatch(/^SIP\/2\.0 400 Malformed Content-Length/);
    const second = await tcpPeer(ours.port('tcp'));
    second.send(requestBytes());
    await until(() => second.closed);
    expect(second.got).toMatch(/^SIP\/2\.0 400 Content-Length Needed/);
  });
});

describe('Large requests', () => {
  async function sent(tcpAboveBytes: number): Promise<{ transport: string; via: string | undefined }> {
    // A TCP listener on the port of the UDP one, as §18.1.1 expects of the peer.
    const theirs = await server({}, [{ transport: 'tcp', host, port: 0 }]);
    const port = theirs.port('tcp');
    const alsoTheirs = await server({}, [{ transport: 'udp', host, port }]);
    const ours = await server({ tcpAboveBytes });
    const request = { ...parsedRequest(requestBytes()), body: Buffer.alloc(2_000, 'x') } satisfies SipRequest;
    await ours.layer.send(request, { transport: 'udp', address: host, port });
    await until(() => theirs.heard.length + alsoTheirs.heard.length === 1);
    const [heard] = [...theirs.heard, ...alsoTheirs.heard];
    return { transport: heard?.flow.transport ?? '', via: heard?.message.headers.get('Via') };
  }

  it('go by TCP with a Via that says so, when configured', async () => {
    expect(await sent(1_300)).toMatchObject({
      transport: 'tcp',
      via: expect.stringMatching(/^SIP\/2\.0\/TCP /) as string,
    });
  });

  it('stay on UDP by default', async () => {
    expect(await sent(0)).toMatchObject({ transport: 'udp', via: expect.stringMatching(/^SIP\/2\.0\/UDP /) as string });
  });
});

describe('Failures', () => {
  it('to send reject that send and nothing else', async () => {
    const ours = await server();
    const request = parsedRequest(requestBytes());
    const rejected = { code: 'signallingDown' };
    await expect(ours.layer.send(request, { transport: 'tcp', address: host, port: 1 })).rejects.toMatchObject(
      rejected,
    );
    await expect(ours.layer.send(request, { transport: 'udp', address: '::1', port: 5060 })).rejects.toMatchObject(
      rejected,
    );
    await expect(ours.layer.send(request, { transport: 'tcp', address: host, port: 99_999 })).rejects.toMatchObject(
      rejected,
    );
    expect(ours.layer.counters().refused).toEqual({ send: 3 });
    const injected = { ...request, headers: HeaderFields.of({ Subject: 'a\r\nb' }) };
    await expect(ours.layer.send(injected, { transport: 'udp', address: host, port: 5060 })).rejects.toThrow();
  });

  it('to bind reject the start and leave nothing open', async () => {
    const ours = await server();
    const second = new Server({}, [
      { transport: 'udp', host, port: 0 },
      { transport: 'tcp', host, port: ours.port('tcp') },
    ]);
    await expect(second.start()).rejects.toMatchObject({ code: 'signallingDown' });
    await expect(
      second.layer.send(parsedRequest(requestBytes()), { transport: 'udp', address: host, port: 9 }),
    ).rejects.toMatchObject({ code: 'signallingDown' });
  });

  it('a closed layer is silent and its ports are free', async () => {
    const ours = await server();
    const ports = ours.layer.listenPoints;
    const peer = await tcpPeer(ours.port('tcp'));
    await until(() => ours.layer.counters().connections === 1);
    await ours.layer.close();
    await until(() => peer.closed);
    expect(ours.layer.counters().connections).toBe(0);
    await server({}, ports);
  });
});

function raise(): never {
  throw new Error('missing');
}
