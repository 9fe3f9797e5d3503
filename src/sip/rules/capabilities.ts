/** What this user agent can do, as header values (RFC 3261 §20.1, §20.5, §20.37). */

/** Methods this server handles. */
export const allowedMethods: readonly string[] = ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'INFO', 'UPDATE'];

/** Option tags (§19.2) a peer may require. */
export const supportedExtensions: readonly string[] = ['timer'];

/** Methods we answer with something else than 405 or 501. */
export const allow = allowedMethods.join(', ');

/** Body type we take in INVITE, UPDATE and their answers. */
export const accept = 'application/sdp';

/** What every INVITE, UPDATE and 2xx to one tells of us. */
export const offererHeaders: Readonly<Record<'Allow' | 'Supported', string>> = {
  Allow: allow,
  Supported: supportedExtensions.join(', '),
};

/** All of the above, for OPTIONS. */
export const capabilityHeaders: Readonly<Record<string, string>> = { ...offererHeaders, Accept: accept };
