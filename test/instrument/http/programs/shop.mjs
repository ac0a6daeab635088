// One process with one of the applications. promhive comes by --import alone, and by what the test asks of it.
import { answer } from '../../../processes/programs/stagehand.mjs'
import { applications } from './applications.mjs'

answer({
  async open(framework) {
    const server = await applications[framework]()
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${server.address().port}`
  },
})
