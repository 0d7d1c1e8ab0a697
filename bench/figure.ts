/** One measured figure with the target it must reach. */
export interface Figure {
  /** Lower case words joined by hyphens, unique over all benches: `sequence-of-1000`. */
  readonly name: string
  readonly value: number
  /** Written after the number: `x`, `us`, `ms`. */
  readonly unit: string
  /** The value is `missed` when it is above `atMost`, or below `atLeast`. */
  readonly target: { readonly atMost: number } | { readonly atLeast: number }
}

/** Prints the figure as `name value target ok|missed`, the line that `pnpm bench` reads. */
export function reportFigure(figure: Figure): void {
  console.log(figureLine(figure))
}

/** Prints a number without a target as `name value info`: for comparison, and to tell why a figure is what it is. */
export function reportInfo(number: Omit<Figure, 'target'>): void {
  console.log(infoLine(number))
}

/** The line of a figure. A value that is not a finite number has missed its target. */
export function figureLine({ name, value, unit, target }: Figure): string {
  const [sign, bound] = 'atMost' in target ? ['<=', target.atMost] : ['>=', target.atLeast]
  const isReached = Number.isFinite(value) && (sign === '<=' ? value <= bound : value >= bound)
  return `${name} ${rounded(value)}${unit} ${sign}${bound}${unit} ${isReached ? 'ok' : 'missed'}`
}

/** The line of a number without a target. */
export function infoLine({ name, value, unit }: Omit<Figure, 'target'>): string {
  return `${name} ${rounded(value)}${unit} info`
}

function rounded(value: number): string {
  return Math.abs(value) >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toPrecision(3)
}
