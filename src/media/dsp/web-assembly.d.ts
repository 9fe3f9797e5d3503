/**
 * The part of the WebAssembly JavaScript interface this project uses. It belongs to TypeScript's `dom` library, which a
 * server does not load; the types `WebAssembly.Module` and `WebAssembly.Instance` come with Node's own declarations.
 */
declare namespace WebAssembly {
  interface Memory {
    readonly buffer: ArrayBuffer;
  }
}

declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => WebAssembly.Module;
  readonly Instance: new (module: WebAssembly.Module) => { readonly exports: unknown };
};
