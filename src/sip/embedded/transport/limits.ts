/** Bounds of the transport layer (SAFETY S9). */
export interface TransportLimits {
  /** Inbound TCP connections in all. */
  readonly connections: number;
  /** Inbound TCP connections from one address. */
  readonly connectionsPerAddress: number;
  /** From accepting a connection to its first whole message, or from opening one to being connected. */
  readonly firstMessageMs: number;
  /** Without a whole message or keep-alive a connection is closed after this. */
  readonly idleMs: number;
  /** Bytes waiting to be sent on one connection; beyond it the peer is taken for dead. */
  readonly sendBufferBytes: number;
  /** Requests larger than this go by TCP instead of UDP (RFC 3261 §18.1.1 says 1300); 0 = never. */
  readonly tcpAboveBytes: number;
}

export const defaultTransportLimits: TransportLimits = {
  connections: 200,
  connectionsPerAddress: 10,
  firstMessageMs: 5_000,
  idleMs: 600_000,
  sendBufferBytes: 262_144,
  tcpAboveBytes: 0,
};
