/** The house rules of ARCHITECTURE.md as checks: dependencies point inward, planes stay apart, pure rooms stay pure. */
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
      comment:
        'rtp, srtp, jitter, codec, dsp, digits, mixer, isolation, tap and sdp take time, seeds and bytes as arguments.',
      severity: 'error',
      from: { path: '^src/(media/(rtp|srtp|jitter|codec|dsp|digits|mixer|isolation|tap)|sip/sdp)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'pure-rooms-import-only-pure-code',
      severity: 'error',
      from: { path: '^src/media/(rtp|srtp|jitter|codec|dsp|digits|mixer|isolation|tap)/' },
      to: {
        path: '^src/',
        pathNot:
          '^src/(media/(rtp|srtp|jitter|codec|dsp|digits|mixer|isolation|tap)/|media/protocol(\\.ts|/)|errors\\.ts)',
      },
    },
    {
      name: 'sdp-imports-only-pure-code',
      severity: 'error',
      from: { path: '^src/sip/sdp/' },
      to: { path: '^src/', pathNot: '^src/(sip/sdp/|media/protocol(\\.ts|/)|errors\\.ts)' },
    },
    {
      name: 'media-plane-knows-no-control-plane',
      severity: 'error',
      from: { path: '^src/media/' },
      to: { path: '^src/', pathNot: '^src/(media/|errors\\.ts)' },
    },
    {
      name: 'call-knows-ports-only',
      comment:
        'call → sip/gateway, sip/sdp, media/plane, media/protocol, speech/port, tools/port; never an adapter or an edge.',
      severity: 'error',
      from: { path: '^src/call/' },
      to: {
        path: '^src/',
        pathNot:
          '^src/(call/|sip/(gateway|trunk)\\.ts|sip/sdp/|media/(plane\\.ts|protocol(\\.ts|/))|(speech|tools)/port\\.ts|errors\\.ts)',
      },
    },
    {
      name: 'sip-knows-no-calls',
      severity: 'error',
      from: { path: '^src/sip/' },
      to: { path: '^src/', pathNot: '^src/(sip/|errors\\.ts|media/protocol(\\.ts|/))' },
    },
    {
      name: 'shared-sip-rooms-know-no-adapter',
      comment: 'message, auth, rules, sdp and admission hold for any user agent; drachtio and embedded stand on them.',
      severity: 'error',
      from: { path: '^src/sip/', pathNot: '^src/sip/(drachtio|embedded)/' },
      to: { path: '^src/sip/(drachtio|embedded)/' },
    },
    {
      name: 'sip-rules-do-no-io',
      comment: 'What RFC 3261 and its kin ask of a user agent takes messages, times and chances as arguments.',
      severity: 'error',
      from: { path: '^src/sip/rules/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'sip-adapters-do-not-know-each-other',
      severity: 'error',
      from: { path: '^src/sip/(drachtio|embedded)/' },
      to: { path: '^src/sip/(drachtio|embedded)/', pathNot: '^src/sip/$1/' },
    },
    {
      name: 'tools-know-taps-only',
      severity: 'error',
      from: { path: '^src/tools/' },
      to: { path: '^src/', pathNot: '^src/(tools/|media/tap/|media/protocol(\\.ts|/)|errors\\.ts)' },
    },
    {
      name: 'speech-knows-no-calls',
      severity: 'error',
      from: { path: '^src/speech/' },
      to: { path: '^src/', pathNot: '^src/(speech/|media/protocol(\\.ts|/)|errors\\.ts)' },
    },
    {
      name: 'edges-see-call-and-ports',
      severity: 'error',
      from: { path: '^src/(api|events|telemetry)/' },
      to: { path: '^src/(sip/(drachtio|embedded|message|auth|rules)|media/(?!plane|protocol))' },
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
