/** Builds the app into a folder: `node build.mjs <folder>`. Prints its errors and warnings as JSON. */
import path from 'node:path';
import webpack from 'webpack';

const config = {
  mode: 'production',
  target: 'node22',
  context: import.meta.dirname,
  entry: './app.mjs',
  output: { path: process.argv[2], filename: 'webpack.cjs', assetModuleFilename: 'webpack/[hash][ext]' },
  optimization: { minimize: false },
  cache: false,
};
webpack(config, (failed, stats) => {
  const { errors = [], warnings = [] } = stats?.toJson({ all: false, errors: true, warnings: true }) ?? {};
  const told = [...(failed ? [failed] : []), ...errors, ...warnings];
  console.log(JSON.stringify(told.map(({ message, moduleName }) => `${path.basename(moduleName ?? '')}: ${message}`)));
});
