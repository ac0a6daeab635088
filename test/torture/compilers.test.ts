import { describeCompiler } from '../helpers/types/compiler-suite.js'
import { compilers } from '../helpers/types/compilers.js'
import { describeEditor } from '../helpers/types/editor-suite.js'
import type { Resolution } from '../helpers/types/surface.js'

const resolutions: readonly Resolution[] = ['node16', 'bundler', 'node10']

// Every compiler with every resolution, and each checks the declarations.
for (const compiler of compilers) {
  const known = resolutions.filter((resolution) => compiler !== 'typescript' || resolution !== 'node10')
  describeCompiler(compiler, known, { skipLibCheck: false })
  describeEditor(compiler)
}
