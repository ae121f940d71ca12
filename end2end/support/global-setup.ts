// Creates the demo organisation once; each worker serves a copy of it.

import { randomBytes } from 'node:crypto';
import fs from 'node:fs';

import * as databases from './databases.ts';
import { type Demo, privateFolder, publish } from './environment.ts';
import { meshline } from './program.ts';

export default async function setUp(): Promise<() => Promise<void>> {
  const template = `meshline_end2end_${randomBytes(4).toString('hex')}`;
  const folder = privateFolder();
  const tearDown = async () => {
    await databases.drop(template, `${template}_warehouse`);
    fs.rmSync(folder, { recursive: true, force: true });
  };
  try {
    await databases.create(template);
    await meshline(template, folder, ['migrate']);
    publish({ template, folder, ...logins(await meshline(template, folder, ['demo'])) });
  } catch (error) {
    await tearDown();
    throw error;
  }
  return tearDown;
}

/** Parses the output of `meshline demo`: the password, then one person per line. */
function logins(printed: string): Pick<Demo, 'password' | 'people'> {
  const password = /with the password (\S+)/.exec(printed)?.[1];
  const people = [...printed.matchAll(/^ {2}(\S+@\S+) {2,}(.+?) {2,}(.+)$/gm)].map(([, email, name, role]) => ({
    email: email!,
    name: name!,
    role: role!.trim(),
  }));
  if (!password || people.length === 0) throw new Error(`\`meshline demo\` printed no logins:\n${printed}`);
  return { password, people };
}
