import { describe, expect, it } from 'vitest';
import { HeaderFields } from '../../../src/sip/message/header-fields.js';

describe('HeaderFields', () => {
  it('finds a field by any case and by its compact form, and tells its long name', () => {
    const headers = HeaderFields.of([
      ['v', 'one'],
      ['VIA', 'two'],
      ['x-Odd-Name', 'three'],
    ]);
    expect(headers.get('via')).toBe('one');
    expect(headers.getAll('V')).toEqual(['one', 'two']);
    expect(headers.get('X-ODD-NAME')).toBe('three');
    expect([...headers]).toEqual([
      ['Via', 'one'],
      ['Via', 'two'],
      ['x-Odd-Name', 'three'],
    ]);
    expect(headers.get('Route')).toBeUndefined();
    expect(headers.getAll('Route')).toEqual([]);
    expect(headers.has('via')).toBe(true);
    expect(headers.has('route')).toBe(false);
  });

  it('takes several values of one name from an object', () => {
    const headers = HeaderFields.of({ Route: ['<sip:a>', '<sip:b>'], Subject: 'x' });
    expect([...headers]).toEqual([
      ['Route', '<sip:a>'],
      ['Route', '<sip:b>'],
      ['Subject', 'x'],
    ]);
  });

  it('prepends before the first of its name, or before everything', () => {
    const headers = HeaderFields.of({ From: 'f', Via: ['b', 'c'] });
    headers.prepend('v', 'a');
    headers.prepend('Route', 'r');
    expect([...headers].map(([, value]) => value)).toEqual(['r', 'f', 'a', 'b', 'c']);
  });

  it('sets one value in the place of the first and drops the others', () => {
    const headers = HeaderFields.of({ Via: ['a', 'b'], From: 'f' });
    headers.add('Via', 'c');
    headers.set('via', 'only');
    headers.set('To', 't');
    expect([...headers]).toEqual([
      ['Via', 'only'],
      ['From', 'f'],
      ['To', 't'],
    ]);
  });

  it('removes the first or all of a name', () => {
    const headers = HeaderFields.of({ Via: ['a', 'b', 'c'], From: 'f' });
    expect(headers.removeFirst('Via')).toBe('a');
    expect(headers.getAll('Via')).toEqual(['b', 'c']);
    headers.remove('v');
    expect([...headers]).toEqual([['From', 'f']]);
    expect(headers.removeFirst('Via')).toBeUndefined();
    expect(headers.size).toBe(1);
  });

  it('is independent of its clone', () => {
    const headers = HeaderFields.of({ Via: 'a' });
    const copy = headers.clone();
    copy.add('Via', 'b');
    copy.removeFirst('Via');
    expect(headers.getAll('Via')).toEqual(['a']);
    expect(copy.getAll('Via')).toEqual(['b']);
  });
});
