"""Moved: the recipes stand in corpus/model/artifact_recipes.py (edit them there); this name goes when all have moved."""

from dagster_project.corpus.model.artifact_recipes import ArtifactRecipe, ExampleRecipe, TrainingRecipe

__all__ = ["ArtifactRecipe", "ExampleRecipe", "TrainingRecipe"]
