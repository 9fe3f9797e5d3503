/**
 * What this server uses of sdp-transform 3, which ships no types. The parser turns every text that looks like an integer
 * into a number, whatever the field; hence {@link Scalar} and the conversions in parse.ts.
 */
declare module 'sdp-transform' {
  export type Scalar = string | number;

  export interface ParsedAttributes {
    connection?: { version?: Scalar; ip?: Scalar };
    direction?: Scalar;
    ptime?: Scalar;
    maxptime?: Scalar;
    rtcp?: { port?: Scalar };
    rtcpMux?: Scalar;
  }

  export interface ParsedMedia extends ParsedAttributes {
    rtp: { payload?: Scalar; codec?: Scalar; rate?: Scalar; encoding?: Scalar }[];
    fmtp: { payload?: Scalar; config?: Scalar }[];
  }

  export interface ParsedSession extends ParsedAttributes {
    timing?: { start?: Scalar; stop?: Scalar };
    media: ParsedMedia[];
  }

  export interface WrittenMedia {
    type: string;
    port: number;
    protocol: string;
    payloads: string;
    rtp: { payload: number; codec: string; rate: number; encoding?: number | undefined }[];
    fmtp: { payload: number; config: string }[];
    crypto?: { id: number; suite: string; config: string }[] | undefined;
    rtcp?: { port: number } | undefined;
    ptime?: number | undefined;
    direction?: string | undefined;
    rtcpMux?: string | undefined;
    /** Attributes it has no name for, written as they are. */
    invalid?: { value: string }[];
  }

  export interface WrittenSession {
    version: number;
    origin: {
      username: string;
      sessionId: string;
      sessionVersion: number;
      netType: string;
      ipVer: number;
      address: string;
    };
    name: string;
    connection: { version: number; ip: string };
    timing: { start: number; stop: number };
    media: WrittenMedia[];
  }

  const sdpTransform: {
    parse(sdp: string): ParsedSession;
    write(session: WrittenSession): string;
  };
  export default sdpTransform;
}
