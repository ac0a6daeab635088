import { compilersOfEachRun } from '../helpers/types/compilers.js'
import { describeEditor } from '../helpers/types/editor-suite.js'

for (const compiler of compilersOfEachRun) describeEditor(compiler)
