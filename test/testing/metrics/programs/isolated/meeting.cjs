// Lets the test files of a run meet: each one is at the same stage as the others.
const { existsSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { setTimeout } = require('node:timers/promises')

const names = process.env.MEETING.split(',')

exports.meet = async (name, stage) => {
  writeFileSync(join(__dirname, `${name}.${stage}`), process.env.PROMHIVE_DIR ?? '')
  while (!names.every((each) => existsSync(join(__dirname, `${each}.${stage}`)))) await setTimeout(5)
}
