import type { Reporter, TestModule } from 'vitest/node'

/** Names the files with tests that this machine, or this user, cannot run. */
export class LeftOut implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines: string[] = []
    let total = 0
    for (const module of modules) {
      const count = [...module.children.allTests('skipped')].length
      if (count > 0) lines.push(`  ${module.relativeModuleId} (${count})`)
      total += count
    }
    if (total > 0) console.log(`\nleft out: ${total} tests, in\n${lines.sort().join('\n')}\n`)
  }
}
