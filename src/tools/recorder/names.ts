/**
 * Names of recordings and their files. Both are made of ids, which cannot lead out of a directory; whatever else is asked
 * for does not exist.
 *
 *     recordings/
 *       recording_abc/
 *         recording.json      what is in it
 *         leg_abc.wav …       one track per leg
 *         reserve             while it is being made: room for the JSON when the disk is full
 */
import { draftSuffix } from './disk.js';

/** What is in a recording, beside the audio. */
export const sidecarName = 'recording.json';
/** Room set aside. */
export const reserveName = 'reserve';

const id = /^[A-Za-z0-9_-]{1,64}$/;
const track = /^[A-Za-z0-9_-]{1,64}\.wav$/;
const trackSuffix = '.wav';

/** Whether it can be the id of a recording or a leg. */
export const isId = (text: string): boolean => id.test(text);

/** Whether it can be the name of a track's file. */
export const isTrackName = (name: string): boolean => track.test(name);

/** Whether a file is of use only while a recording is being made. */
export const isScratchName = (name: string): boolean => name === reserveName || name === sidecarName + draftSuffix;

/** A leg's file within the recording. */
export const trackName = (legId: string): string => legId + trackSuffix;

/** The leg a file belongs to. */
export const legOfTrack = (name: string): string => name.slice(0, -trackSuffix.length);
