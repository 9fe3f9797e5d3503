/** The house rules of ARCHITECTURE.md as checks: dependencies point inward, planes stay apart, pure rooms stay pure. */
const pureMediaRooms = 'rtp, srtp, jitter, codec, dsp, digits, mixer, isolation, tap';
const pureMedia = `media/(${pureMediaRooms.replaceAll(', ', '|')})/`;
/** What any plane may know. */
const [protocol, errors, thread] = ['media/protocol(\\.ts|/)', 'errors\\.ts', 'worker-thread\\.ts'];

/** What is in a room imports of `src` that room and these places. */
function onlyKnows(name, room, places) {
  return {
    name,
    severity: 'error',
    from: { path: `^src/${room}` },
    to: { path: '^src/', pathNot: `^src/(${[room, ...places].join('|')})` },
  };
}

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'pure-rooms-do-no-io',
      comment: `${pureMediaRooms} of media, and sdp and rules of sip, take time, seeds and bytes as arguments.`,
      severity: 'error',
      from: { path: `^src/(${pureMedia}|sip/(sdp|rules)/)` },
      to: { dependencyTypes: ['core'] },
    },
    onlyKnows('pure-rooms-import-only-pure-code', pureMedia, [protocol, errors]),
    onlyKnows('sdp-imports-only-pure-code', 'sip/sdp/', [protocol, errors]),
    onlyKnows('media-plane-knows-no-control-plane', 'media/', [errors, thread]),
    // Never an adapter or an edge.
    onlyKnows('call-knows-ports-only', 'call/', [
      'sip/(gateway|trunk)\\.ts',
      'sip/sdp/',
      'media/plane\\.ts',
      protocol,
      '(speech|tools)/port\\.ts',
      errors,
    ]),
    onlyKnows('sip-knows-no-calls', 'sip/', [protocol, errors]),
    {
      name: 'shared-sip-rooms-know-no-adapter',
      comment: 'message, auth, rules, sdp and admission hold for any user agent; drachtio and embedded stand on them.',
      severity: 'error',
      from: { path: '^src/sip/', pathNot: '^src/sip/(drachtio|embedded)/' },
      to: { path: '^src/sip/(drachtio|embedded)/' },
    },
    {
      name: 'sip-adapters-do-not-know-each-other',
      severity: 'error',
      from: { path: '^src/sip/(drachtio|embedded)/' },
      to: { path: '^src/sip/(drachtio|embedded)/', pathNot: '^src/sip/$1/' },
    },
    onlyKnows('tools-know-taps-only', 'tools/', ['media/tap/', protocol, errors, thread]),
    onlyKnows('speech-knows-no-calls', 'speech/', [protocol, errors]),
    {
      name: 'edges-see-call-and-ports',
      severity: 'error',
      from: { path: '^src/(api|events|telemetry)/' },
      to: {
        path: '^src/(sip/(drachtio|embedded|message|auth|rules)|media/(?!plane|protocol)|(speech|tools)/(?!port\\.ts)|worker-thread)',
      },
    },
    {
      name: 'only-app-knows-everyone',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(app|main)\\.ts$' },
      to: { path: '^src/(app|main)\\.ts$' },
    },
    {
      name: 'no-utils',
      severity: 'error',
      from: {},
      to: { path: '(^|/)(utils?|helpers?|common|misc)(/|\\.ts$)', pathNot: 'node_modules' },
    },
    { name: 'no-test-code-in-src', severity: 'error', from: { path: '^src/' }, to: { path: '^(test|bench|demo)/' } },
    {
      name: 'no-dev-dependencies-in-src',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types'] },
  },
};
