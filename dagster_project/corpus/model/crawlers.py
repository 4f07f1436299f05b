"""Whom and what robots.txt and ai.txt speak of when they speak of training: crawlers and uses, by name."""

from __future__ import annotations

from collections.abc import Mapping

# Product tokens by which a site speaks to collectors of training text, each as its operator documents it; the
# community's list is ai.robots.txt (github.com/ai-robots-txt/ai.robots.txt).
AGENTS: Mapping[str, str] = {
    "ai2bot": "Allen Institute for AI",
    "ai2bot-dolma": "Allen Institute for AI, Dolma",
    "amazonbot": "Amazon",
    "anthropic-ai": "Anthropic",
    "applebot-extended": "Apple, use for models; never crawls",
    "bytespider": "ByteDance",
    "ccbot": "Common Crawl",
    "claude-web": "Anthropic",
    "claudebot": "Anthropic",
    "cohere-ai": "Cohere",
    "cohere-training-data-crawler": "Cohere",
    "deepseekbot": "DeepSeek",
    "diffbot": "Diffbot",
    "facebookbot": "Meta",
    "google-cloudvertexbot": "Google Vertex AI",
    "google-extended": "Google, use for models; never crawls",
    "gptbot": "OpenAI",
    "icc-crawler": "NICT",
    "imagesiftbot": "The Hive",
    "img2dataset": "image data sets",
    "kangaroo bot": "Kangaroo LLM",
    "meta-externalagent": "Meta",
    "omgili": "Webz.io",
    "omgilibot": "Webz.io",
    "pangubot": "Huawei",
    "perplexitybot": "Perplexity",
    "timpibot": "Timpi",
    "velenpublicwebcrawler": "Velen",
    "webzio-extended": "Webz.io, use for models; never crawls",
    "youbot": "You.com",
}
EVERYBODY = "*"
# Uses as Content-Signal (contentsignals.org) and Content-Usage (IETF AI preferences, the current drafts and those
# before) name them. The wide categories, bots and tdm, hold training.
USES: Mapping[str, str] = {
    "ai-train": "ai-train",
    "train-ai": "ai-train",
    "train-genai": "ai-train",
    "ai": "ai-train",
    "genai": "ai-train",
    "bots": "ai-train",
    "tdm": "ai-train",
    "ai-input": "ai-input",
    "search": "search",
}
UNREACHABLE = "unreachable"  # what stands for a whole robots.txt that the server failed to give
