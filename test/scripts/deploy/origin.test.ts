import assert from "node:assert/strict";
import { originOf, originText } from "../../../scripts/deploy/origin";

const sha = "0123456789abcdef0123456789abcdef01234567";
const github = {
  ...{ GITHUB_ACTIONS: "true", GITHUB_ACTOR: "ada", GITHUB_SHA: sha, GITHUB_RUN_ID: "7" },
  ...{
    GITHUB_SERVER_URL: "https://github.example",
    GITHUB_REPOSITORY: "shop/infra",
    GITHUB_REF_TYPE: "branch",
  },
};

describe("who deploys what", () => {
  for (const [where, env, text] of [
    ["GitHub Actions", github, "0123456789ab by ada, https://github.example/shop/infra/actions/runs/7"],
    [
      "GitHub Actions, for a tag",
      { ...github, GITHUB_REF_TYPE: "tag", GITHUB_REF_NAME: "v1.4.2" },
      "v1.4.2 by ada, https://github.example/shop/infra/actions/runs/7",
    ],
    [
      "GitLab",
      {
        GITLAB_CI: "true",
        GITLAB_USER_LOGIN: "bob",
        CI_COMMIT_SHA: sha,
        CI_JOB_URL: "https://gitlab.example/7",
      },
      "0123456789ab by bob, https://gitlab.example/7",
    ],
  ] as const) {
    it(`is known in ${where}`, () => {
      assert.equal(originText(originOf(env)), text);
    });
  }

  it("says why it could not wait", () => {
    const text = originText(originOf({ ...github, PLATFORM_DEPLOY_ANYWAY: "the shop is down" }));
    assert.match(
      text,
      /, https:\/\/github\.example\/shop\/infra\/actions\/runs\/7, anyway: the shop is down$/,
    );
    assert.equal(
      originText(originOf({ ...github, PLATFORM_DEPLOY_ANYWAY: "" })),
      originText(originOf(github)),
    );
  });

  it("is the user and the commit anywhere else", () => {
    assert.match(originText(originOf({})), /^[0-9a-f]{7,}(-dirty)? by \S+@\S+$/);
  });
});
