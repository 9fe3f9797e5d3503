/**
 * What a leg may do in its call: a `moderator` opens and ends it and has the moderators' menu, a `participant` talks and
 * listens, a `listener` only listens: it is muted for as long as it is one.
 */
export type LegRole = 'moderator' | 'participant' | 'listener';
