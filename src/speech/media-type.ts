/** Media types of audio (RFC 9110 §8.3.1). */

const token = "[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}";
const audio = new RegExp(`^(audio/${token}|application/octet-stream|application/ogg)[ \\t]*(;.{0,200})?$`, 'i');

/** True for `audio/*`, `application/ogg` (its old name) and `application/octet-stream`. */
export function isAudioType(contentType: string): boolean {
  return audio.test(contentType.trim());
}
