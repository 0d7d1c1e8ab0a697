import { writeSync } from 'node:fs'
import { keyFileSealer } from '../../src/sealer/key-file-sealer.ts'
import { sealText } from '../../src/sealer/seal-text.ts'

/** Seals a text with a key that other processes make at the same time. Argument: the key file. */
const [path = ''] = process.argv.slice(2)
const { sealed } = await sealText(keyFileSealer({ path }), 'made here')
writeSync(1, sealed)
