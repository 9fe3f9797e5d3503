/**
 * The part of the WebAssembly JavaScript interface this project uses. It belongs to TypeScript's `dom` library, which a
 * server does not load.
 */
declare namespace WebAssembly {
  /** Compiled code; opaque, and posted to worker threads as it is. */
  type Module = object;

  interface Memory {
    readonly buffer: ArrayBuffer;
    /** Adds pages of 64 KiB; views of the old `buffer` become empty. */
    grow(pages: number): number;
  }
}

declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => WebAssembly.Module;
  readonly Instance: new (
    module: WebAssembly.Module,
    imports?: Readonly<Record<string, Readonly<Record<string, (...numbers: number[]) => unknown>>>>,
  ) => { readonly exports: unknown };
};
