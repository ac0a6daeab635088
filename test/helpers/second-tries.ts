import type { Reporter, TestModule } from 'vitest/node'

/** Names the tests that passed only when they were run again: each is a bug of the test or of promhive, and wants looking at. */
export class SecondTries implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const names: string[] = []
    for (const module of modules) {
      for (const test of module.children.allTests('passed')) {
        if (test.diagnostic()?.flaky) names.push(`  ${module.relativeModuleId} > ${test.fullName}`)
      }
    }
    if (names.length > 0) console.log(`\npassed only when run again:\n${names.join('\n')}\n`)
  }
}
