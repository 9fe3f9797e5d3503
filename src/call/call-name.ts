const pattern = /^[A-Za-z0-9_.+-]{1,64}$/;

/** Whether `name` may name a call: 1 to 64 letters, digits, `_ . + -`. Whatever else a caller dials does not exist. */
export function isCallName(name: string): boolean {
  return pattern.test(name);
}
