import { renderPreviewText } from '@backstep/core'
import { fileRunner } from '@backstep/runner'
import { openShop } from './scene.ts'
import template from './first-plan.ts'

const { shop, runs } = openShop()
const runner = fileRunner({ directory: runs })
const preview = await runner.preview(template.build({ shop }))
console.log(renderPreviewText(preview))
