import { writeFileSync } from 'node:fs';
import { Inspector } from '../machine/inspector.js';

/** Profiles a running server, for Chrome's DevTools. What a run costs is not judged while it is profiled: that costs too. */
export async function profileOf(
  port: number,
  pid: number,
): Promise<{ writeTo: (path: string) => Promise<void> }> {
  const inspector = await Inspector.open(pid, port);
  await inspector.call('Profiler.enable');
  await inspector.call('Profiler.setSamplingInterval', { interval: 500 });
  await inspector.call('Profiler.start');
  return {
    async writeTo(path) {
      const { profile } = (await inspector.call('Profiler.stop')) as { profile: unknown };
      writeFileSync(path, JSON.stringify(profile));
      inspector.close();
    },
  };
}
