import { encodePng } from './png.js';

/** 0xRRGGBB. */
export type Colour = number;

/** Capitals, 3 × 5 pixels: five rows from the top, each an octal digit whose bits are its pixels from the left. */
const GLYPHS: Readonly<Record<string, string>> = {
  ...{ '0': '75557', '1': '26227', '2': '71747', '3': '71717', '4': '55711', '5': '74717', '6': '74757', '7': '71122' },
  ...{ '8': '75757', '9': '75717', A: '25755', B: '65656', C: '34443', D: '65556', E: '74647', F: '74644', G: '34553' },
  ...{ H: '55755', I: '72227', J: '11152', K: '55655', L: '44447', M: '57755', N: '65555', O: '25552', P: '65644' },
  ...{ Q: '25573', R: '65655', S: '34216', T: '72222', U: '55557', V: '55552', W: '55775', X: '55255', Y: '55222' },
  ...{ Z: '71247', '+': '02720', '-': '00700', '.': '00002', ',': '00024', ':': '02020', '%': '51245', '/': '11244' },
  ...{ '(': '12221', ')': '42224', ' ': '00000' },
};
const SCALE = 2;

/** Width of a character of {@link Canvas.text} and the space after it, and its height, pixels. */
export const characterWidth = 4 * SCALE;
export const characterHeight = 5 * SCALE;

/** A white sheet to draw on; what lies outside of it is not drawn. Coordinates are pixels from the top left. */
export class Canvas {
  readonly #rgb: Uint8Array;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.#rgb = new Uint8Array(3 * width * height).fill(255);
  }

  point(x: number, y: number, colour: Colour): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    this.#rgb.set([colour >> 16, colour >> 8, colour], 3 * (Math.floor(y) * this.width + Math.floor(x)));
  }

  box(x: number, y: number, width: number, height: number, colour: Colour): void {
    for (let row = 0; row < height; row++) for (let i = 0; i < width; i++) this.point(x + i, y + row, colour);
  }

  line(fromX: number, fromY: number, toX: number, toY: number, colour: Colour): void {
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(toX - fromX), Math.abs(toY - fromY))));
    for (let i = 0; i <= steps; i++) {
      this.point(fromX + ((toX - fromX) * i) / steps, fromY + ((toY - fromY) * i) / steps, colour);
    }
  }

  /** Writes in capitals. @throws Error for characters that have no shape here */
  text(x: number, y: number, text: string, colour: Colour): void {
    [...text.toUpperCase()].forEach((character, place) => {
      const glyph = GLYPHS[character];
      if (glyph === undefined) throw new Error(`No shape for ${character}.`);
      [...glyph].forEach((row, down) => {
        for (let across = 0; across < 3; across++) {
          const isSet = (Number(row) & (4 >> across)) !== 0;
          if (isSet) this.box(x + place * characterWidth + across * SCALE, y + down * SCALE, SCALE, SCALE, colour);
        }
      });
    });
  }

  png(): Buffer {
    return encodePng(this.#rgb, this.width, this.height);
  }
}
