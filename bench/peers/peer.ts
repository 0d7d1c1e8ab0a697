/** One after the other, or all at once. */
export type Shape = 'sequence' | 'together'
